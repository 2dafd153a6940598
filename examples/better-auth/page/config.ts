interface Config {
  /** Where the Todo API is. */
  api: string;
}

const answer = await fetch("/config.json");

export const config = (await answer.json()) as Config;
