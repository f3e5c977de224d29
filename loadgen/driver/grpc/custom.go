package grpc

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"

	"rtbench/loadgen/driver"
	"rtbench/proto"
)

// custom speaks to any gRPC method with messages that are protobuf already. Its channel
// holds one connection. A call of both streaming or of server streaming is a stream; of
// the others a stream makes a call for each message.
type custom struct {
	channels
	endpoint *driver.Endpoint
	path     string
	desc     grpc.StreamDesc
	// header is what is sent with each call; it is never changed.
	header metadata.MD
	err    error // in what was asked for: Open returns it
}

// NewCustom returns a driver for custom targets.
func NewCustom(t driver.Target) driver.Driver {
	d := &custom{endpoint: t.Endpoint, channels: channels{target: t, limitTap: newLimitTap()}}
	if d.endpoint == nil || d.endpoint.URL == nil {
		d.endpoint = &driver.Endpoint{URL: &url.URL{}}
	}
	d.path, d.callPerMessage = d.endpoint.URL.Path, !d.endpoint.ServerStreams
	d.desc = grpc.StreamDesc{ClientStreams: d.endpoint.ClientStreams, ServerStreams: d.endpoint.ServerStreams}
	service, name, _ := strings.Cut(strings.TrimPrefix(d.path, "/"), "/")
	if service == "" || name == "" || strings.Contains(name, "/") {
		d.err = fmt.Errorf("%q is no gRPC method, expected /pkg.Service/Method", d.path)
		return d
	}
	d.authority = t.Address
	header := d.endpoint.Header.Clone()
	if host := header.Get("Host"); host != "" {
		d.authority = host
		header.Del("Host")
	}
	if d.header, d.err = toMetadata(header); d.err != nil {
		return d
	}
	// The library has a way of its own for this one, and would drop it.
	d.agent = strings.Join(d.header.Get("user-agent"), " ")
	d.header.Delete("user-agent")
	d.options = []grpc.CallOption{grpc.ForceCodecV2(rawCodec{}), grpc.MaxCallRecvMsgSize(d.limit())}
	switch d.endpoint.Compression {
	case "":
	case gzip.Name:
		d.options = append(d.options, grpc.UseCompressor(gzip.Name))
	default:
		d.err = fmt.Errorf("no gRPC compression %q, expected none or gzip", d.endpoint.Compression)
	}
	return d
}

// Channel returns a channel to the server that t.Own speaks to, and the metadata of its
// calls: so the server can be asked for its methods by reflection. It does not connect yet;
// whoever asked for it closes it.
func Channel(ctx context.Context, t driver.Target) (*grpc.ClientConn, metadata.MD, error) {
	d := NewCustom(t).(*custom)
	if d.err != nil {
		return nil, nil, d.err
	}
	md, err := d.metadata(ctx)
	if err != nil {
		return nil, nil, err
	}
	d.options = nil // what is asked is no message of the user's
	c, err := d.create()
	if err != nil {
		return nil, nil, err
	}
	return c.ClientConn, md, nil
}

func (d *custom) limit() int {
	if d.endpoint.Limit > 0 {
		return d.endpoint.Limit
	}
	return proto.MaxSize
}

// Open implements Driver. It waits for the connection, not for the server to take the
// call: many servers send their header with the first message only.
func (d *custom) Open(ctx context.Context, call proto.Call) (driver.Stream, error) {
	if d.err != nil {
		return nil, d.err
	}
	md, err := d.metadata(ctx)
	if err != nil {
		return nil, err
	}
	c, err := d.connect(ctx, d)
	if err != nil {
		return nil, err
	}
	base, cancel := context.WithCancel(metadata.NewOutgoingContext(context.Background(), md))
	if !d.endpoint.ServerStreams {
		return newUnaryStream(base, cancel, d, c), nil
	}
	if d.endpoint.Deadline > 0 {
		limited, stop := context.WithTimeout(base, d.endpoint.Deadline)
		whole := cancel
		base, cancel = limited, func() { stop(); whole() }
	}
	aborted := context.AfterFunc(ctx, cancel)
	s := &callStream{driver: d, channel: c, share: call.Share, cancel: cancel, ctx: base}
	err = s.start()
	if !aborted() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// metadata is what goes with the calls of one stream.
func (d *custom) metadata(ctx context.Context) (metadata.MD, error) {
	if d.endpoint.Bearer == nil {
		return d.header, nil
	}
	token, err := d.endpoint.Bearer(ctx)
	if err != nil {
		return nil, fmt.Errorf("the token to show: %w", err)
	}
	md := d.header.Copy()
	md.Set("authorization", "Bearer "+token)
	return md, nil
}

// reservedHeaders are headers that belong to HTTP/2 or to gRPC's own protocol, and are not metadata.
var reservedHeaders = []string{"connection", "content-length", "content-type", "host", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}

// toMetadata makes metadata of headers: names in small letters, the values of those that
// end in -bin given in base64, as they are on the wire.
func toMetadata(h http.Header) (metadata.MD, error) {
	md := make(metadata.MD, len(h))
	for name, values := range h {
		name = strings.ToLower(name)
		switch {
		case strings.HasPrefix(name, ":"), strings.HasPrefix(name, "grpc-"), slices.Contains(reservedHeaders, name):
			return nil, fmt.Errorf("header %s is gRPC's own and cannot be sent as metadata", name)
		case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != "" || name == "":
			return nil, fmt.Errorf("header %q cannot be metadata, expected letters, digits, - _ and . in its name", name)
		}
		for _, value := range values {
			if strings.HasSuffix(name, "-bin") {
				raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
				if err != nil {
					return nil, fmt.Errorf("header %s ends in -bin, expected its value in base64", name)
				}
				value = string(raw)
			} else if strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
				return nil, fmt.Errorf("the value of header %s has letters that metadata cannot have, expected printable ASCII", name)
			}
			md[name] = append(md[name], value)
		}
	}
	return md, nil
}
