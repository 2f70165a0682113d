import { join, relative } from 'node:path';
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

/** A property of an exported interface. */
export interface ApiMember {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  readonly doc: string;
}

/** Packages whose sources are read together, which is much faster than one by one. */
export interface Api {
  /** The public exports of one of the packages, in the order of its barrel's modules and then of the text. */
  entries(folder: string): ApiEntry[];
  /** The properties of an interface that one of the packages exports, in the order of the text. */
  members(folder: string, name: string): ApiMember[];
}

/** Reads packages by their folders, relative to the repository. */
export function readApi(folders: readonly string[]): Api {
  const program = ts.createProgram(folders.map(barrelOf), {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    allowImportingTsExtensions: true,
    noEmit: true,
    customConditions: ['@mlcontainer/source'],
  });
  const checker = program.getTypeChecker();
  return {
    entries: (folder) =>
      exportsOf(program, folder).flatMap(([name, symbol]) =>
        describe(name, symbol, checker, join(ROOT, folder, 'src')),
      ),
    members: (folder, name) => {
      const symbol = exportsOf(program, folder).find(([exported]) => exported === name)?.[1];
      const declaration = symbol?.declarations?.find(ts.isInterfaceDeclaration);
      if (!declaration) throw new Error(`${folder} exports no interface ${name}.`);
      return declaration.members
        .filter(ts.isPropertySignature)
        .map((member) => describeMember(member, checker));
    },
  };
}

function barrelOf(folder: string): string {
  return join(ROOT, folder, 'src', 'index.ts');
}

function exportsOf(
  program: ts.Program,
  folder: string,
): (readonly [name: string, symbol: ts.Symbol])[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(barrelOf(folder));
  const module = source && checker.getSymbolAtLocation(source);
  return (module ? checker.getExportsOfModule(module) : []).map((exported) => {
    const target =
      exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    return [exported.name, target] as const;
  });
}

function describeMember(member: ts.PropertySignature, checker: ts.TypeChecker): ApiMember {
  const own = checker.getSymbolAtLocation(member.name);
  const type = member.type?.getText() ?? 'unknown';
  return {
    name: member.name.getText(),
    optional: member.questionToken !== undefined,
    type: type.replaceAll(/\/\*\*[\s\S]*?\*\//g, '').replaceAll(/\s+/g, ' '),
    doc: own ? ts.displayPartsToString(own.getDocumentationComment(checker)) : '',
  };
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
  return [{ name, kind, file: relative(base, file.fileName), doc, code }];
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
