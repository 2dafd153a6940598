import { client } from "./generated/client.gen";
import { token, url } from "../story";

client.setConfig({ baseUrl: url, auth: token });
