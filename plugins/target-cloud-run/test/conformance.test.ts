import { testTargetPlugin } from '@mlcontainer/testing';
import { describe, test } from 'vitest';
import { cloudRun } from '../src/index.ts';

testTargetPlugin(
  cloudRun,
  [
    { name: 'no options', emits: ['service.yaml'] },
    {
      name: 'many options',
      options: {
        service: 'prices',
        region: 'europe-west1',
        cpu: 2,
        memory: '2Gi',
        concurrency: 20,
        minInstances: 1,
        maxInstances: 5,
        serviceAccount: 'model@project.iam.gserviceaccount.com',
        env: { LOG_LEVEL: 'info' },
        secrets: { API_KEY: { secret: 'api-key', version: '3' } },
        labels: { team: 'pricing' },
        traffic: [{ percent: 100 }],
        livenessProbe: false,
      },
      emits: ['service.yaml'],
    },
    {
      name: 'a GPU',
      options: { gpu: 'nvidia-l4' },
      plan: { uses: ['gpu'] },
      emits: ['service.yaml'],
    },
  ],
  { describe, test },
);
