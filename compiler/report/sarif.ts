/** Diagnostics as a SARIF log, for code scanning. Source: OASIS SARIF 2.1.0. */
import { type Diagnostic, titleOf } from "../diagnostics.js";
import { hintOf } from "../hints.js";

export interface Findings {
  /** Path of the model as the user gave it. */
  readonly model: string;
  /** Version of qcompile. */
  readonly version: string;
  readonly problems: readonly Diagnostic[];
  readonly notes: readonly Diagnostic[];
}

/** The log: problems are errors, notes are warnings; each names its node as a logical location in the model file. */
export function sarifLog({ model, version, problems, notes }: Findings): object {
  const codes = [...new Set([...problems, ...notes].map(({ code }) => code))].sort();
  const uri = uriOf(model);
  const result = (diagnostic: Diagnostic, level: "error" | "warning") => {
    const { code, where, message } = diagnostic;
    const logical = where === undefined ? {} : { logicalLocations: [{ name: where, fullyQualifiedName: where }] };
    return {
      ruleId: code,
      ruleIndex: codes.indexOf(code),
      level,
      message: { text: `${titleOf(code)}: ${message.replace(/\.?$/, ".")} Hint: ${hintOf(diagnostic)}.` },
      locations: [{ physicalLocation: { artifactLocation: { uri, index: 0 } }, ...logical }],
      properties: { hint: hintOf(diagnostic) },
    };
  };
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "qcompile",
            version,
            rules: codes.map((id) => ({
              id,
              shortDescription: { text: titleOf(id) },
              help: { text: hintOf({ code: id, message: "" }) },
            })),
          },
        },
        artifacts: [{ location: { uri } }],
        results: [
          ...problems.map((problem) => result(problem, "error")),
          ...notes.map((note) => result(note, "warning")),
        ],
      },
    ],
  };
}

/** A path as a URI reference; a colon in its first segment must not look like a scheme. */
function uriOf(path: string): string {
  const segments = path.replaceAll("\\", "/").split("/").map(encodeURIComponent);
  return segments.join("/");
}
