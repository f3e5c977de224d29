package scenarios

import (
	"bytes"
	_ "embed"
)

// SchemaName is the file name of the schema next to a scenario.
const SchemaName = "rtbench.schema.json"

// Modeline is the first line of scenarios that rtbench writes; it tells editors which schema to
// use.
const Modeline = "# yaml-language-server: $schema=" + SchemaName + "\n"

//go:embed rtbench.schema.json
var schemaText []byte

// Schema returns the JSON Schema (https://json-schema.org/draft/2020-12) of scenarios, for
// editors. `go test ./scenarios -run Schema -update` generates it from the table of keys and the
// comments of the types. It accepts everything that Parse accepts, and more: sums, products,
// conditions and included files are not checked.
func Schema() []byte { return bytes.Clone(schemaText) }
