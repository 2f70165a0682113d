import { sklearn } from '@mlcontainer/framework-sklearn';
import { cloudRun } from '@mlcontainer/target-cloud-run';
import { defineConfig } from 'mlcontainer';

export default defineConfig({
  name: 'diabetes',
  model: 'model.joblib',
  plugins: [
    // The version of scikit-learn is read out of the model.
    sklearn(),
    cloudRun({ region: 'europe-west1', cpu: 1, memory: '512Mi', maxInstances: 4 }),
  ],
});
