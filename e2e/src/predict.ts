/** The answer of `POST /predict`, as text and as numbers. */
export interface Answer {
  readonly text: string;
  readonly predictions: readonly number[];
}

/** Asks a running server for predictions. Rejects with its answer when the status is not 200. */
export async function predict(url: string, instances: readonly unknown[]): Promise<Answer> {
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ instances }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`/predict answered ${response.status}: ${text}`);
  return { text, predictions: (JSON.parse(text) as { predictions: number[] }).predictions };
}
