import { createApi, fetchBaseQuery } from "@reduxjs/toolkit/query";
import type { BaseQueryFn, FetchArgs } from "@reduxjs/toolkit/query";
import type { Problem } from "./generated";
import { token, url } from "../story";

/** What an error holds: a problem, or null with 304, which RTK takes for an error. */
type Answers = BaseQueryFn<string | FetchArgs, unknown, { status: number; data: Problem | null }>;

/** Repeat a parameter for each of its values; fetchBaseQuery itself writes `tag=a%2Cb`. */
function query(parameters: Record<string, unknown>): string {
  const pairs = Object.entries(parameters)
    .flatMap(([name, value]) => [value].flat().map((each) => [name, each] as const))
    .filter(([, value]) => value !== undefined);
  return new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
}

export const base = createApi({
  baseQuery: fetchBaseQuery({
    baseUrl: url,
    paramsSerializer: query,
    prepareHeaders: (headers) => headers.set("Authorization", `Bearer ${token}`),
  }) as Answers,
  endpoints: () => ({}),
});
