package result

import (
	"bytes"
	_ "embed"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (https://json-schema.org/draft/2020-12) of a
// stored result, result.json. It is made from the types of this package and their
// comments by `go test ./report/result -run Schema -update`.
//
// It lets properties pass that it does not know: a field may be added within a
// Version, and then a reader with an older schema, like an older rtbench, must
// still take the file. What it does not let pass is a missing property, so a
// field that is added has omitempty, or files from before it no longer validate.
func Schema() []byte { return bytes.Clone(schema) }
