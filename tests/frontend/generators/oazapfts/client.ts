import { defaults } from "./generated";
import { token, url } from "../story";

defaults.baseUrl = url;
defaults.headers = { Authorization: `Bearer ${token}` };
