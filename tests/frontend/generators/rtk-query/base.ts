import { createApi, fetchBaseQuery } from "@reduxjs/toolkit/query";
import type { BaseQueryFn, FetchArgs } from "@reduxjs/toolkit/query";
import type { Problem } from "./generated";
import { token, url } from "../story";

/** What an error holds: a problem, or null with 304, which RTK takes for an error. */
type Answers = BaseQueryFn<string | FetchArgs, unknown, { status: number; data: Problem | null }>;

export const base = createApi({
  baseQuery: fetchBaseQuery({
    baseUrl: url,
    prepareHeaders: (headers) => headers.set("Authorization", `Bearer ${token}`),
  }) as Answers,
  endpoints: () => ({}),
});
