package scenarios

import (
	"bytes"
	_ "embed"
)

// SchemaName is the name of the schema beside a scenario, in the line for editors.
const SchemaName = "rtbench.schema.json"

// Modeline is the first line of every scenario that rtbench writes: it tells editors the
// schema to complete by.
const Modeline = "# yaml-language-server: $schema=" + SchemaName + "\n"

//go:embed rtbench.schema.json
var schemaText []byte

// Schema returns the JSON Schema (https://json-schema.org/draft/2020-12) of scenarios, for
// editors. It is made from the table of the language and the comments of its types by
// `go test ./scenarios -run Schema -update`, and takes what Parse takes, but for what no
// schema can say: sums, products, the expressions of thresholds, files that are included.
func Schema() []byte { return bytes.Clone(schemaText) }
