// Package complexity says how much there is to each protocol that the guide compares,
// counted from the source of this program and not judged by anyone. The counts are
// generated: to change them, change the source and run go generate.
package complexity

//go:generate go run ./generate

// Counts says how much there is to one protocol. Statements are those of Go in the
// protocol's own two files, blocks not counted; what both ends share with the other
// protocols is in neither.
type Counts struct {
	// Protocol is its name as in proto.Protocols.
	Protocol string
	// DriverStatements are in loadgen/driver/PROTOCOL/reference.go.
	DriverStatements int
	// ServerStatements are in server/PROTOCOL.go.
	ServerStatements int
	// Modules are those that the two files' imports pull in, directly or not, in
	// alphabetical order; the standard library and rtbench are none of them.
	Modules []string
	// Packages is how many packages of these Modules that makes.
	Packages int
	// GeneratedLines are the lines of code generated from the neutral service's
	// definition, proto/benchpb/*.pb.go, where the protocol needs them; else 0.
	GeneratedLines int
}
