// An HTTPS agent behind a proxy. Its errors contain no text of the proxy, which may repeat the credentials that it got.
import { Agent, type RequestOptions } from 'node:https';

type OnConnection = Parameters<Agent['createConnection']>[1];

export class TunnelAgent extends Agent {
  override createConnection(options: RequestOptions, callback?: OnConnection): ReturnType<Agent['createConnection']> {
    const tunnel = `tunnel to ${options.host}:${options.port}`;
    return super.createConnection(options, (error, stream) => {
      if (error !== null && 'statusCode' in error) removeProxyText(error, tunnel);
      callback?.(error, stream);
    });
  }
}

function removeProxyText(error: Error, tunnel: string): void {
  const [, proxy = ''] = / via (\S+): /.exec(error.message) ?? [];
  const status = 'statusCode' in error && Number(error.statusCode) > 0 ? `HTTP ${error.statusCode}` : 'no HTTP status';
  error.message = `the proxy ${proxy} refuses a ${tunnel}: ${status}`;
  error.stack = `${error.name}: ${error.message}`;
}
