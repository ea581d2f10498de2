// Generates credential events, and the e-mails and text messages that deliver them.
import type { Text } from '../world.ts';
import { type EventContext, type Generate, oneEvent } from './context.ts';

export const generateCredential: Generate = ({ random, tenant, tick, id }) =>
  oneEvent({
    id: id(),
    username: tenant.ppskUsers.length > 0 ? random.pick(tenant.ppskUsers) : `visitor${random.between(1, 500)}`,
    vhm_id: tenant.vhmId,
    org_id: 0,
    timestamp: tick().write(),
  });

export const generateEmail: Generate = ({ random, tenant, tick, id }) =>
  oneEvent({
    id: id(),
    username: `visitor${random.between(1, 500)}@guest.example`,
    org_id: 0,
    timestamp: tick().write(),
    user_id: random.between(1000, 9999),
    customer_id: String(tenant.ownerId),
    approver_email: random.chance(0.4) ? null : random.pick(tenant.admins).email,
    status: random.pick(['SEND_OUT', 'SUCCESS', 'SUCCESS', 'FAIL']),
  });

/** Each message is sent first and ends later, successfully or not. */
export const generateSms: Generate = (context) => {
  const { random, tenant, tick, id } = context;
  const inFlight = tenant.pendingTexts.length;
  const ends = inFlight > 0 && random.chance(inFlight > 50 ? 1 : 0.5);
  const text = ends ? random.take(tenant.pendingTexts) : sendText(context);
  const status = ends ? random.pick(['SUCCESS', 'SUCCESS', 'COMPLETE', 'FAIL']) : 'SEND_OUT';
  return oneEvent({
    id: id(),
    user_id: text.userId,
    customer_id: String(tenant.ownerId),
    tel: text.phone,
    profile_name: random.chance(0.2) ? null : 'Guest self-registration',
    status,
    message_id: text.messageId,
    status_from_provider: ends ? (status === 'FAIL' ? 'undelivered: 30003' : 'delivered') : null,
    provider_type: 'TWILIO',
    org_id: 0,
    timestamp: tick().write(),
  });
};

function sendText({ random, tenant }: EventContext): Text {
  const phone = `+49 30 ${random.between(1_000_000, 9_999_999)}`;
  const text = { messageId: `SM${random.hex(32)}`, userId: random.between(1000, 9999), phone };
  tenant.pendingTexts.push(text);
  return text;
}
