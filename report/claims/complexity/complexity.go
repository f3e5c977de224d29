// Package complexity quantifies the complexity of each protocol in the guide by counts of minimal clients
// and servers, written as the documentation of the libraries does. They are the packages in examples;
// `go test ./report/claims/complexity -update` counts them.
package complexity

// Counts are the counts of one stack of a protocol. Statements are Go statements, without blocks.
type Counts struct {
	// Protocol is the name as in the guide's table, and Stack names the libraries.
	Protocol, Stack string
	// PushStatements counts the client and the server that exchange messages from server to client, and
	// EchoStatements those that exchange messages both ways.
	PushStatements, EchoStatements int
	// Modules lists the modules that the examples import, directly or indirectly, in alphabetical order,
	// without the standard library and rtbench.
	Modules []string
	// Packages counts the packages of these modules that are imported.
	Packages int
	// GeneratedStatements counts the generated code that the examples use.
	GeneratedStatements int
}
