import { Api } from "./generated/Api";
import { token, url } from "../story";

export const { api } = new Api({
  baseUrl: url,
  baseApiParams: { headers: { Authorization: `Bearer ${token}` } },
});
