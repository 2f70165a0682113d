/** What inspection read out of a model file; nothing in it was obtained by loading the file. */
export interface ModelFacts {
  readonly fileName: string;
  /** Bytes. */
  readonly size: number;
  /** Hex SHA-256 of the whole file. */
  readonly sha256: string;
  readonly format: ModelFormat;
  /** `data` cannot run code when loaded, `code` can. */
  readonly trust: 'data' | 'code';
  /** The outer compression, `none` where there is none. */
  readonly compression: 'none' | 'zlib' | 'gzip' | 'bz2' | 'lzma' | 'xz' | 'lz4';
  readonly pickleProtocol?: number;
  /** The framework and version stamps found, the one that wrote the model first. */
  readonly packages: readonly PackageFact[];
  readonly estimator?: EstimatorFact;
  readonly inputs: readonly TensorFact[];
  readonly outputs: readonly TensorFact[];
  /** Columns by name, in order, where the model keeps them. */
  readonly featureNames?: readonly string[];
  /** Every global the file names, sorted, as `module.name`. */
  readonly globals: readonly string[];
}

/** The formats that inspection knows by name; a reader may bring its own. */
export type ModelFormat =
  | 'pickle'
  | 'joblib'
  | 'skops'
  | 'torch-state'
  | 'torchscript'
  | 'torch-export'
  | 'safetensors'
  | 'keras'
  | 'hdf5'
  | 'saved-model'
  | 'onnx'
  | 'xgboost'
  | 'lightgbm'
  | (string & {});

/** A distribution that the model file gives away. */
export interface PackageFact {
  /** The distribution's normalised name (PEP 503): `scikit-learn`. */
  readonly name: string;
  /** PEP 440 version, where the file carries it. */
  readonly version?: string;
  /** A PEP 440 specifier that the file implies where it has no version: `>=2`. */
  readonly specifier?: string;
  /** Where in the file it stands, in words for a person. */
  readonly evidence: string;
}

/** The estimator at the root of the file. */
export interface EstimatorFact {
  /** `sklearn.pipeline.Pipeline` */
  readonly className: string;
  readonly steps?: readonly { readonly name: string; readonly className: string }[];
  /** `predict`, `predict_proba` and the like, as far as the class tells. */
  readonly kind?: 'classifier' | 'regressor' | 'clusterer' | 'transformer' | 'other';
  /** Class labels of a classifier, where they are plain values. */
  readonly classes?: readonly (string | number | boolean)[];
}

/** A tensor by the names of the Open Inference Protocol; -1 is a variable dimension. */
export interface TensorFact {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}
