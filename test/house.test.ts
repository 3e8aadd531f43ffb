/** The rules of the house (CONTRIBUTING.md), checked on the source itself. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Node, Project, type SourceFile, SyntaxKind } from "ts-morph";
import { describe, expect, it } from "vitest";
import { opHomes } from "../compiler/ops/index.js";
import { packagePath, packageRoot } from "../targets/package-root.js";

const root = packageRoot();
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Files of the repository: tracked, or new and not ignored. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)))
  .sort();
const generated = [
  "compiler/ops/index.ts",
  "runtime-c/include/qc_scalar.h",
  "hdl/include/qc_scalar.vh",
  "package-lock.json",
];

const project = new Project({ skipAddingFilesFromTsConfig: true });
const sources = files
  .filter((path) => /^(compiler|targets)\/.*\.ts$/.test(path))
  .map((path) => ({ path, source: project.addSourceFileAtPath(join(root, path)) }));
const within = (folder: string) => sources.filter(({ path }) => path.startsWith(`${folder}/`));

/** "path:line: text" of every node that matches; rules expect none. */
function findings(among: typeof sources, find: (source: SourceFile) => Node[]): string[] {
  return among.flatMap(({ path, source }) =>
    find(source).map((node) => `${path}:${node.getStartLineNumber()}: ${node.getText().slice(0, 80)}`),
  );
}

const importsOf = (source: SourceFile) => source.getImportDeclarations();
const opFolders = readdirSync(packagePath("compiler", "ops"), { withFileTypes: true }).filter((entry) =>
  entry.isDirectory(),
);

describe("shared code does not know operations by name", () => {
  const names = new Set([...opHomes.keys(), ...[...opHomes.values()].flatMap((home) => Object.keys(home.onnx))]);
  const isName = (node: Node | undefined) =>
    node?.isKind(SyntaxKind.StringLiteral) === true && names.has(node.getLiteralValue());
  const elsewhere = sources.filter(({ path }) => !/^compiler\/(ops|import)\//.test(path));
  it("no comparison and no case with an operation's name outside ops/ and import/", () => {
    const compared = (source: SourceFile): Node[] => [
      ...source
        .getDescendantsOfKind(SyntaxKind.BinaryExpression)
        .filter(
          (node) =>
            /^[!=]==?$/.test(node.getOperatorToken().getText()) && (isName(node.getLeft()) || isName(node.getRight())),
        ),
      ...source.getDescendantsOfKind(SyntaxKind.CaseClause).filter((node) => isName(node.getExpression())),
      ...source
        .getDescendantsOfKind(SyntaxKind.CallExpression)
        .filter(
          (node) =>
            /\.(has|includes|startsWith)$/.test(node.getExpression().getText()) && isName(node.getArguments()[0]),
        ),
    ];
    expect(findings(elsewhere, compared)).toEqual([]);
  });
});

describe("every operation is at home", () => {
  /** Homes without a types file, and why. */
  const withoutTypes = new Map([["reshape", "its integer form has no attributes"]]);
  const tests = files.filter((path) => /^test\/.*\.ts$/.test(path) && path !== "test/house.test.ts").map(read);
  it.each(opFolders.map(({ name }) => name))("%s", (name) => {
    const has = (suffix: string) => existsSync(packagePath("compiler", "ops", name, `${name}${suffix}.ts`));
    expect(["", ".onnx", ".c", ".verilog"].filter((suffix) => !has(suffix))).toEqual([]);
    expect(has(".types")).toBe(!withoutTypes.has(name));
    expect(opHomes.get(name)?.name).toBe(name);
    expect(
      tests.some((text) => text.includes(`"${name}"`)),
      "a test names it",
    ).toBe(true);
    for (const onnx of Object.keys(opHomes.get(name)!.onnx)) {
      expect(
        tests.some((text) => text.includes(`"${onnx}"`)),
        `a test names ONNX ${onnx}`,
      ).toBe(true);
    }
  });
});

describe("boundaries", () => {
  it("only import/ knows protobuf", () => {
    const outside = sources.filter(({ path }) => !path.startsWith("compiler/import/"));
    expect(
      findings(outside, (source) =>
        importsOf(source).filter((node) => node.getModuleSpecifierValue() === "onnx-proto"),
      ),
    ).toEqual([]);
  });
  it("passes/ and arith/ do not import targets/", () => {
    const inner = [...within("compiler/passes"), ...within("compiler/arith")];
    expect(
      findings(inner, (source) =>
        importsOf(source).filter((node) => node.getModuleSpecifierValue().includes("/targets/")),
      ),
    ).toEqual([]);
  });
  it("nothing depends on chance, time or locale", () => {
    const calls = (source: SourceFile): Node[] => [
      ...source
        .getDescendantsOfKind(SyntaxKind.PropertyAccessExpression)
        .filter((node) =>
          /^(Math\.random|Date\.now|performance\.now)$|\.(toLocale\w+|localeCompare)$/.test(node.getText()),
        ),
      ...source
        .getDescendantsOfKind(SyntaxKind.NewExpression)
        .filter((node) => /^(Date|Intl\.)/.test(node.getExpression().getText())),
    ];
    expect(findings(sources, calls)).toEqual([]);
  });
  it("scalar.ts computes on integers alone", () => {
    const floats = (source: SourceFile): Node[] => [
      ...source.getDescendantsOfKind(SyntaxKind.NumericLiteral),
      ...source
        .getDescendantsOfKind(SyntaxKind.Identifier)
        .filter((node) => /^(Math|Number|Float\w*Array|parseFloat)$/.test(node.getText())),
      ...source.getDescendantsOfKind(SyntaxKind.SlashToken),
    ];
    expect(
      findings(
        within("compiler/arith").filter(({ path }) => path.endsWith("/scalar.ts")),
        floats,
      ),
    ).toEqual([]);
  });
});

describe("files", () => {
  it("have kebab-case names; C and Verilog follow their languages, with the prefix qc_", () => {
    const bad = files.filter((path) => {
      const name = basename(path);
      if (/\.ts$/.test(path))
        return !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|types|onnx|channels|c|verilog))?\.ts$/.test(name);
      if (/^hdl\/.*\.vh?$/.test(path) || /^runtime-c\/include\//.test(path))
        return !/^qc_[a-z0-9_]+\.(v|vh|h)$/.test(name);
      return false;
    });
    expect(bad).toEqual([]);
  });

  it("are at most 400 lines; the median source is short", () => {
    const lengths = files
      .filter((path) => /\.(ts|mjs|js|c|h|v|vh|S|hbs|py|sh)$/.test(path) && !generated.includes(path))
      .map((path) => ({ path, lines: read(path).split("\n").length - 1 }));
    expect(lengths.filter(({ lines }) => lines > 400)).toEqual([]);
    const own = lengths
      .filter(({ path }) => /^(compiler|targets)\//.test(path))
      .map(({ lines }) => lines)
      .sort((a, b) => a - b);
    const median = own[Math.floor(own.length / 2)]!;
    process.stdout.write(`median source file: ${median} lines, ${own.length} files, longest ${own.at(-1)}\n`);
    expect(median).toBeLessThanOrEqual(120);
  });

  it("name no path of a machine", () => {
    const text = files.filter(
      (path) =>
        !/\.(onnx|bin|npy|png|jpg)$/.test(path) && path !== "package-lock.json" && path !== "test/house.test.ts",
    );
    const absolute = /(?<![\w.~*}/-])\/(home|root|Users|work|mnt)\/[\w.-]+/;
    expect(text.filter((path) => read(path).includes(root) || absolute.test(read(path)))).toEqual([]);
  });
});

describe("words", () => {
  it("every exported function of compiler/ says what it does", () => {
    const silent = (source: SourceFile) =>
      source.getFunctions().filter((node) => node.isExported() && node.getJsDocs().length === 0);
    expect(findings(within("compiler"), silent)).toEqual([]);
  });

  it("every diagnostic code used is in the catalogue, and every code of the catalogue is used", () => {
    const codes = (text: string) => text.match(/\bQC\d{4}\b/g) ?? [];
    const raised = sources
      .filter(({ path }) => path !== "compiler/diagnostics.ts")
      .flatMap(({ source }) =>
        source
          .getDescendants()
          .filter(
            (node) => node.isKind(SyntaxKind.StringLiteral) || node.isKind(SyntaxKind.NoSubstitutionTemplateLiteral),
          )
          .flatMap((node) => codes(node.getText())),
      );
    const catalogue = read("compiler/diagnostics.ts")
      .match(/^ {2}QC\d{4}(?=: \{)/gm)!
      .map((code) => code.trim());
    expect([...new Set(raised)].sort()).toEqual(catalogue);
  });
});
