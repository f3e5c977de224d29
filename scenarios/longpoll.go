package scenarios

import (
	"rtbench/proto"
	"rtbench/scenarios/spec"
)

// Cursor tells the server of long polling which messages the client has. The zero value is none.
type Cursor struct {
	Query         string // parameter of the next request
	Field, Header string // of the response; one of them is set
}

func (e *Endpoint) pollKeys(w proto.Protocol) []spec.Key {
	return []spec.Key{
		e.postKey(w),
		{
			Name: "cursor", Also: "since after offset marker", Value: e.Cursor.value(), Example: "{query: after, field: last}",
			Doc: "The position that a response has and the next request repeats, so that the server knows which messages have arrived. Default: none.",
		},
		{
			Name: "list", Also: "events updates items messages", Value: pathInto(&e.List), Example: "events",
			Doc: "Path of the list of messages in a response. Each is a message if records is auto and a path in match, stamp or expect begins with a key. Default: the response is the message.",
		},
	}
}

func (c *Cursor) value() spec.Value {
	either := spec.When(func() bool { return (c.Field == "") == (c.Header == "") }, " with field and header, or neither; expected one of them, such as {query: after, field: last}")
	return spec.Section(
		spec.Key{
			Name: "query", Also: "parameter param name", Value: spec.One(&c.Query, queryName), Required: "the parameter of the request, such as {query: after, field: last}",
			Conflicts: []spec.Conflict{either}, Example: "after", Doc: "Parameter of the next request. The first request has none.",
		},
		spec.Key{Name: "field", Also: pathAlso, Value: pathInto(&c.Field), Example: "last", Doc: "Path of the position in the response."},
		spec.Key{Name: "header", Value: spec.One(&c.Header, headerName), Doc: "Or the header of the response that has it, such as ETag."},
	)
}

var queryName = spec.Pattern("the name of a parameter, such as after", `^[A-Za-z0-9._~-]{1,100}$`)
