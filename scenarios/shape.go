package scenarios

// A shape describes the allowed values of a key for the JSON Schema, which is generated from it
// (schema_generate_test.go), so that there is one table of keys.
type shape struct {
	scalar   []limits // allowed scalars; none: no scalar
	fields   []field  // keys of a mapping; none: no mapping
	required []string // required fields
	named    bool     // mapping of user-defined names to mappings of fields
	list     bool     // also a list of distinct values
	onlyList bool     // only a list
	many     bool     // also a list, which may repeat values
	texts    bool     // also a mapping of user-defined names to texts
	anything bool     // any value
}

// limits restrict one type of scalar. The zero value allows nothing.
type limits struct {
	Type        string   // string, integer, number, boolean; empty: one of Enum
	Enum        []string // allowed words
	Pattern     string   // of a string
	Least, Most *float64 // of an integer
}
