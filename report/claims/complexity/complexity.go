// Package complexity quantifies the complexity of each protocol in the guide by counts of rtbench's
// own source, which go generate writes.
package complexity

//go:generate go run ./generate

// Counts are the counts of one protocol. Statements are Go statements, without blocks, in the
// protocol's own two files; code shared between protocols does not count.
type Counts struct {
	// Protocol is the name as in proto.Protocols.
	Protocol string
	// DriverStatements counts loadgen/driver/PROTOCOL/reference.go.
	DriverStatements int
	// ServerStatements counts server/PROTOCOL.go.
	ServerStatements int
	// Modules lists the modules that the two files import, directly or indirectly, in alphabetical
	// order, without the standard library and rtbench.
	Modules []string
	// Packages counts the packages of these modules that are imported.
	Packages int
	// GeneratedLines counts the generated code in proto/benchpb/*.pb.go, if the protocol uses it.
	GeneratedLines int
}
