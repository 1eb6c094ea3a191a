/** Switches over the HTTP API. */
import { ResumeReceipt, SwitchList, SwitchReceipt } from '../contracts/switch-views';
import type { ApiClient } from './api';
import type { SwitchPorts } from './ports';

export function createHttpSwitches(api: ApiClient): SwitchPorts {
  const runPath = (id: string) => `/v1/runs/${encodeURIComponent(id)}`;
  return {
    hold: ({ id }, mode, request) => api.postJson(SwitchReceipt, `${runPath(id)}/${mode}`, request),
    letGo: ({ id }, request) => api.postJson(ResumeReceipt, `${runPath(id)}/resume`, request),
    set: (request) => api.postJson(SwitchReceipt, '/v1/switches', request),
    turnOff: (request) => api.postJson(SwitchReceipt, '/v1/switches/off', request),
    list: async (query) => (await api.getJson(SwitchList, '/v1/switches', { query })).switches,
  };
}
