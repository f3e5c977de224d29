package sse

import (
	"crypto/rand"
	"net/http"
	"net/url"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// Reference returns the endpoint of a call to a reference server over HTTP/1.1. The query of the
// request for events carries the call. If the client sends, each message is a POST of the session, and
// another one ends them.
func Reference(address string, secure bool, c proto.Call) *driver.Endpoint {
	e := ReferenceHTTP2(address, secure, c)
	e.PostType = "application/octet-stream"
	delete(e.Header, "Content-Type")
	return e
}

// ReferenceHTTP2 is like Reference, over HTTP/2, where POSTs have no content type.
func ReferenceHTTP2(address string, secure bool, c proto.Call) *driver.Endpoint {
	session := "session=" + rand.Text()
	at := func(query string) *url.URL {
		return driver.NewURL("http", secure, address, proto.BenchPath, query)
	}
	query := session + "&" + c.Encode()
	if c.Direct { // the request for events is the only message
		query = c.Encode()
	}
	e := &driver.Endpoint{
		Share: c.Share, URL: at(query), Header: http.Header{"User-Agent": nil, "Content-Type": nil},
		Limit: 2 * proto.MaxSize, Base64: !c.Text,
	}
	if !c.Pattern.FromServer() {
		e.Post, e.PostEnd = at(session), at(session+"&end=1")
	}
	return e
}
