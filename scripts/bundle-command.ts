/** The command line as one file, because opening hundreds takes longer than compiling a small model. */
import { build, type Metafile } from "esbuild";
import { packagePath } from "../targets/index.js";

/** Writes the module `entry` and all it imports to the file `outfile` (which may be `entry`), and says what went into it. */
export async function bundleCommand(entry: string, outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: packagePath(),
    entryPoints: [entry],
    outfile,
    allowOverwrite: true,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    metafile: true,
    logLevel: "warning",
    // CommonJS packages require Node's own modules.
    banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
  });
  return metafile;
}
