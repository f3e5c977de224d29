package grpc

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"
)

// setMetadata sets the metadata of the calls, including a fresh bearer token, and what grpc-go has options
// for instead.
func (c *call) setMetadata(ctx context.Context) (err error) {
	header := c.endpoint.Header.Clone()
	if host := header.Get("Host"); host != "" {
		c.authority = host
		header.Del("Host")
	}
	if c.metadata, err = toMetadata(header); err != nil {
		return err
	}
	c.agent = strings.Join(c.metadata.Get("user-agent"), " ")
	c.metadata.Delete("user-agent")
	if c.endpoint.Bearer == nil {
		return nil
	}
	token, err := c.endpoint.Bearer(ctx)
	if err != nil {
		return fmt.Errorf("bearer: %w", err)
	}
	c.metadata.Set("authorization", "Bearer "+token)
	return nil
}

// reservedHeaders belong to HTTP/2 or to the gRPC protocol and cannot be metadata.
var reservedHeaders = []string{"connection", "content-length", "content-type", "host", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}

// toMetadata converts headers to metadata: it lowercases names and decodes the base64 values of names
// that end in -bin.
func toMetadata(h http.Header) (metadata.MD, error) {
	md := make(metadata.MD, len(h))
	for name, values := range h {
		name = strings.ToLower(name)
		switch {
		case strings.HasPrefix(name, ":"), strings.HasPrefix(name, "grpc-"), slices.Contains(reservedHeaders, name):
			return nil, fmt.Errorf("header %s is reserved by gRPC and cannot be metadata", name)
		case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != "" || name == "":
			return nil, fmt.Errorf("header %q cannot be metadata; expected letters, digits, - _ and . in its name", name)
		}
		for _, value := range values {
			if strings.HasSuffix(name, "-bin") {
				raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
				if err != nil {
					return nil, fmt.Errorf("header %s: expected a base64 value, because the name ends in -bin", name)
				}
				value = string(raw)
			} else if strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
				return nil, fmt.Errorf("header %s: invalid character in the value; expected printable ASCII", name)
			}
			md[name] = append(md[name], value)
		}
	}
	return md, nil
}
