/** What a browser does at a login: cookies by host, redirects step by step, forms with their hidden fields. */
export interface Visit {
  readonly url: URL;
  readonly status: number;
  readonly body: string;
}

export interface BrowserByHand {
  /** One request; redirects are followed until the address matches `until`, whose page is not asked for. */
  go(url: URL | string, options?: { readonly form?: Readonly<Record<string, string>>; readonly until?: RegExp }): Promise<Visit>;
  cookie(name: string): string | undefined;
  readonly cookies: Map<string, string>;
}

const maxRedirects = 20;

export function browserByHand(): BrowserByHand {
  const cookies = new Map<string, string>();

  async function go(start: URL | string, { form, until }: Parameters<BrowserByHand['go']>[1] = {}): Promise<Visit> {
    let url = new URL(start);
    let body = form === undefined ? undefined : new URLSearchParams(form);
    for (let redirects = 0; redirects < maxRedirects; redirects += 1) {
      const mine = [...cookies].filter(([key]) => key.startsWith(`${url.host} `)).map(([key, value]) => `${key.split(' ')[1]!}=${value}`);
      const answer: Response = await fetch(url, {
        redirect: 'manual', headers: { cookie: mine.join('; '), accept: 'text/html' }, ...(body === undefined ? {} : { method: 'POST', body }),
      });
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(line) ?? [];
        if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/iu.test(line)) cookies.delete(`${url.host} ${name}`);
        else cookies.set(`${url.host} ${name}`, value);
      }
      const location = answer.headers.get('location');
      if (location === null) return { url, status: answer.status, body: await answer.text() };
      url = new URL(location, url);
      body = undefined;
      if (until?.test(url.href) === true) return { url, status: answer.status, body: '' };
    }
    throw new Error(`too many redirects, last to ${url.href}`);
  }
  return { go, cookies, cookie: (name) => [...cookies].find(([key]) => key.endsWith(` ${name}`))?.[1] };
}
