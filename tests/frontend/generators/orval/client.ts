import { token, url } from "../story";

export async function send<Answer>(path: string, options: RequestInit): Promise<Answer> {
  const headers = new Headers(options.headers);
  headers.set("Authorization", `Bearer ${token}`);
  const response = await fetch(url + path, { ...options, headers });
  const text = await response.text();
  const data = text && JSON.parse(text);
  return { status: response.status, headers: response.headers, data } as Answer;
}
