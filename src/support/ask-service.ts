/** What the running service says of itself. */
export interface ServiceAnswer {
  readonly status: number;
  readonly body: string;
}

const answerWithinMs = 10_000;

/** Undefined when nobody answers. The address is the operator's own; it is not left for another. */
export async function askService(server: string, path: string, token: string | undefined): Promise<ServiceAnswer | undefined> {
  try {
    const response = await fetch(new URL(path, server), {
      redirect: 'error', signal: AbortSignal.timeout(answerWithinMs), ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    });
    return { status: response.status, body: await response.text() };
  } catch {
    // Down, or too busy to answer: that is what the bundle then tells.
    return undefined;
  }
}
