// Package complexity quantifies the complexity of each protocol in the guide by counts of rtbench's
// own source, which `go test ./report/claims/complexity -update` writes.
package complexity

// Counts are the counts of one protocol. Statements are Go statements, without blocks, in the
// files that serve the protocol alone; code shared between protocols does not count.
type Counts struct {
	// Protocol is the name as in proto.Protocols.
	Protocol string
	// DriverStatements counts the files in loadgen/driver/PROTOCOL that a stream to a reference
	// server runs through.
	DriverStatements int
	// ServerStatements counts server/PROTOCOL.go.
	ServerStatements int
	// Modules lists the modules that these files import, directly or indirectly, in alphabetical
	// order, without the standard library and rtbench.
	Modules []string
	// Packages counts the packages of these modules that are imported.
	Packages int
	// GeneratedLines counts the generated code in proto/benchpb/*.pb.go, if the protocol uses it.
	GeneratedLines int
}
