package result

import (
	"bytes"
	_ "embed"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (https://json-schema.org/draft/2020-12) of result.json. It is
// generated from the types of this package and their comments by `go test ./report/result -run
// Schema -update`.
//
// It allows unknown properties: a field may be added within a Version, and an older schema, like an
// older rtbench, must still accept the file. It does not allow missing properties, so an added
// field needs omitempty.
func Schema() []byte { return bytes.Clone(schema) }
