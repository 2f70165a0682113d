import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../task.ts';

/** An export of a package as its reader meets it. */
export interface ApiEntry {
  readonly name: string;
  readonly kind: 'function' | 'interface' | 'type' | 'constant' | 'class';
  /** Path relative to the package's `src`. */
  readonly file: string;
  readonly doc: string;
  /** The declaration without its body. */
  readonly code: string;
}

/** The public exports of a package, in the order of its barrel's modules and then of the text. */
export function packageApi(folder: string): ApiEntry[] {
  const { checker, symbols } = exportsOf(folder);
  return symbols.flatMap(([name, symbol]) =>
    describe(name, symbol, checker, join(ROOT, folder, 'src')),
  );
}

/** A property of an exported interface. */
export interface ApiMember {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  readonly doc: string;
}

/** The properties of an interface that a package exports, in the order of the text. */
export function interfaceMembers(folder: string, name: string): ApiMember[] {
  const { checker, symbols } = exportsOf(folder);
  const symbol = symbols.find(([exported]) => exported === name)?.[1];
  const declaration = symbol?.declarations?.find(ts.isInterfaceDeclaration);
  if (!declaration) throw new Error(`${folder} exports no interface ${name}.`);
  return declaration.members.filter(ts.isPropertySignature).map((member) => {
    const own = checker.getSymbolAtLocation(member.name);
    return {
      name: member.name.getText(),
      optional: member.questionToken !== undefined,
      type: (member.type?.getText() ?? 'unknown')
        .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
        .replaceAll(/\s+/g, ' '),
      doc: own ? ts.displayPartsToString(own.getDocumentationComment(checker)) : '',
    };
  });
}

interface Exports {
  readonly checker: ts.TypeChecker;
  readonly symbols: readonly (readonly [name: string, symbol: ts.Symbol])[];
}

function exportsOf(folder: string): Exports {
  const entry = join(ROOT, folder, 'src', 'index.ts');
  const program = ts.createProgram([entry], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    allowImportingTsExtensions: true,
    noEmit: true,
    customConditions: ['@mlcontainer/source'],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  const symbols = (module ? checker.getExportsOfModule(module) : []).map((exported) => {
    const target =
      exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    return [exported.name, target] as const;
  });
  return { checker, symbols };
}

function describe(
  name: string,
  symbol: ts.Symbol,
  checker: ts.TypeChecker,
  base: string,
): ApiEntry[] {
  const declarations = (symbol.declarations ?? []).filter((node) => kindOf(node) !== undefined);
  const [first] = declarations;
  const kind = first && kindOf(first);
  if (!first || !kind) return [];
  const file = first.getSourceFile();
  const code = declarations
    .filter(isShown)
    .map((node) => codeOf(node))
    .join('\n');
  const doc = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  return [{ name, kind, file: file.fileName.slice(base.length + 1), doc, code }];
}

function kindOf(node: ts.Node): ApiEntry['kind'] | undefined {
  if (ts.isFunctionDeclaration(node)) return 'function';
  if (ts.isInterfaceDeclaration(node)) return 'interface';
  if (ts.isTypeAliasDeclaration(node)) return 'type';
  if (ts.isVariableDeclaration(node)) return 'constant';
  return ts.isClassDeclaration(node) ? 'class' : undefined;
}

/** Of an overloaded function the signatures are the interface, the implementation is not. */
function isShown(node: ts.Declaration, _: number, all: readonly ts.Declaration[]): boolean {
  return all.length === 1 || !ts.isFunctionDeclaration(node) || node.body === undefined;
}

function codeOf(node: ts.Declaration): string {
  const file = node.getSourceFile();
  if (ts.isFunctionDeclaration(node)) {
    const end = node.body ? node.body.getStart(file) : node.getEnd();
    return `${file.text.slice(node.getStart(file), end).trim().replace(/;$/, '')};`;
  }
  if (ts.isVariableDeclaration(node)) return `const ${node.getText(file)};`;
  return node.getText(file);
}
