package grpc

import (
	"context"
	"encoding/binary"
	"net"
	"sync/atomic"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/credentials"
)

// A limitTap reads the stream limit of a grpc-go channel, which does not expose it, from the first
// SETTINGS frame of each connection. The zero value is ready to use.
type limitTap struct{ limit atomic.Int64 }

// StreamLimit is a driver.Stream's.
func (t *limitTap) StreamLimit() int { return int(t.limit.Load()) }

// wrap returns credentials that tap their connections, above TLS.
func (t *limitTap) wrap(c credentials.TransportCredentials) credentials.TransportCredentials {
	return tappedCredentials{c, t}
}

type tappedCredentials struct {
	credentials.TransportCredentials
	tap *limitTap
}

func (c tappedCredentials) ClientHandshake(ctx context.Context, authority string, nc net.Conn) (net.Conn, credentials.AuthInfo, error) {
	nc, info, err := c.TransportCredentials.ClientHandshake(ctx, authority, nc)
	if err == nil {
		nc = &tappedConn{Conn: nc, tap: c.tap}
	}
	return nc, info, err
}

func (c tappedCredentials) Clone() credentials.TransportCredentials {
	return tappedCredentials{c.TransportCredentials.Clone(), c.tap}
}

// A tappedConn parses the first frame that is read from it.
type tappedConn struct {
	net.Conn
	tap   *limitTap
	first []byte
	done  bool
}

func (c *tappedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.done {
		c.parseFirstFrame(p[:n])
	}
	return n, err
}

const (
	frameHeaderSize = 9 // length (3), type, flags, stream (4): RFC 9113, section 4.1
	settingSize     = 6
	maxSettings     = 16 << 10
)

func (c *tappedConn) parseFirstFrame(p []byte) {
	c.first = append(c.first, p...)
	if len(c.first) < frameHeaderSize {
		return
	}
	size := int(c.first[0])<<16 | int(c.first[1])<<8 | int(c.first[2])
	if http2.FrameType(c.first[3]) == http2.FrameSettings && size <= maxSettings {
		if len(c.first) < frameHeaderSize+size {
			return
		}
		c.tap.limit.Store(streamLimit(c.first[frameHeaderSize : frameHeaderSize+size]))
	}
	c.first, c.done = nil, true
}

// streamLimit returns the stream limit in the payload of a SETTINGS frame, 0 if it has none.
func streamLimit(settings []byte) (limit int64) {
	for ; len(settings) >= settingSize; settings = settings[settingSize:] {
		if http2.SettingID(binary.BigEndian.Uint16(settings)) == http2.SettingMaxConcurrentStreams {
			limit = int64(binary.BigEndian.Uint32(settings[2:]))
		}
	}
	return limit
}
