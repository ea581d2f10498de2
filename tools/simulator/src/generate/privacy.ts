// Generates GDPR log entries with the columns of the product's GDPR log: each task is in progress, then ends.
import type { JsonObject } from '../json.ts';
import { writeMac } from '../spelling.ts';
import type { PrivacyTask } from '../world.ts';
import { type EventContext, type Generate, oneEvent, type Stamp } from './context.ts';

export type PrivacyStatus = 'In progress' | 'Completed' | 'Failed';

const clientTasks = [
  { category: 'Download client data', description: 'Client data download' },
  { category: 'Delete client data', description: 'Client data deletion' },
];
const accountTasks = [
  { category: 'Delete user data', description: 'User data deletion' },
  { category: 'Delete admin data', description: 'Admin data deletion' },
];

export const generatePrivacyTask: Generate = (context) => {
  const { random, tenant, tick } = context;
  const stamp = tick();
  const running = tenant.privacyTasks;
  const ends = running.length > 0 && random.chance(running.length > 20 ? 1 : 0.5);
  if (ends) return oneEvent(privacyRow(random.take(running), random.chance(0.8) ? 'Completed' : 'Failed', stamp));
  const task = startTask(context, stamp.timeMs);
  running.push(task);
  return oneEvent(privacyRow(task, 'In progress', stamp));
};

/** All entries of a task have its log id. */
export function privacyRow(task: PrivacyTask, status: PrivacyStatus, stamp: Stamp): JsonObject {
  return {
    log_id: task.logId,
    start_time: stamp.write(task.startMs),
    end_time: status === 'In progress' ? null : stamp.write(),
    status,
    category: task.category,
    mac: task.mac,
    admin: task.admin,
    description: task.description,
  };
}

function startTask({ random, tenant }: EventContext, startMs: number): PrivacyTask {
  tenant.privacyTaskCount += 1;
  const isClientTask = random.chance(0.7);
  return {
    logId: 70 + tenant.privacyTaskCount,
    startMs,
    ...random.pick(isClientTask ? clientTasks : accountTasks),
    admin: random.pick(tenant.admins).email,
    mac: isClientTask ? writeMac(random.pick(tenant.clients).mac, random) : null,
  };
}
