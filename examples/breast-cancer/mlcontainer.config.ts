import { sklearn } from '@mlcontainer/framework-sklearn';
import { cloudRun } from '@mlcontainer/target-cloud-run';
import { defineConfig } from 'mlcontainer';

export default defineConfig({
  name: 'breast-cancer',
  model: 'model.joblib',
  plugins: [
    // Requests that name no method get the class; `parameters.method: 'predict_proba'` gives the probabilities.
    sklearn({ method: 'predict' }),
    cloudRun({ region: 'europe-west1', cpu: 1, memory: '1Gi' }),
  ],
});
