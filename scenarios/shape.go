package scenarios

// A shape is what a value may be, as far as a JSON Schema can say it. The schema is made
// of it (schema_generate_test.go), so that there is one table of the language.
type shape struct {
	scalar   []limits // a scalar, any of these; none: no scalar
	fields   []field  // a mapping of these; none: no mapping
	required []string // of the fields
	named    bool     // a mapping from names that one may choose to mappings of fields
	list     bool     // also a list of these that differ
	onlyList bool     // only a list
	many     bool     // also a list of these, which may be alike
	texts    bool     // also a mapping from names that one may choose to texts
	anything bool     // any value
}

// limits are what one kind of scalar may be. The zero value allows nothing.
type limits struct {
	Type        string   // string, integer, number, boolean; empty: one of Enum
	Enum        []string // words
	Pattern     string   // of a string
	Least, Most *float64 // of an integer
}
