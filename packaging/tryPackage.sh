#!/usr/bin/env bash
# Install the packed package as a stranger would, from the npm registry alone, into an empty project of strict TypeScript, and
# run every example there. Usage: packaging/tryPackage.sh FILE.tgz FOLDER
set -euo pipefail
examples=$(cd "$(dirname "$0")/../examples" && pwd)
package=$(realpath "$1")
mkdir -p "$2"
cd "$2"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error "$package" typescript@6.0 @types/node@20 zod@4
# The name on the registry belongs to somebody else: only what was just installed may run.
npx --no-install retort --version
npx --no-install retort --help >/dev/null
mkdir -p src
cp "$examples"/*.ts src/
cat >tsconfig.json <<'JSON'
{
  "compilerOptions": {
    "target": "ES2022", "module": "NodeNext", "strict": true, "noUncheckedIndexedAccess": true,
    "exactOptionalPropertyTypes": true, "skipLibCheck": true, "types": ["node"], "lib": ["ES2023", "ESNext.Disposable", "DOM"],
    "rootDir": "src", "outDir": "out"
  },
  "include": ["src"]
}
JSON
npm pkg set type=module
npx --no-install tsc -p .
node "$examples/../packaging/runExamples.mjs" out
