package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"

	"rtbench/proto"
	"rtbench/server"
)

// A client that resets its streams before the reply to their calls does not use up the limit of streams.
func TestResetStreamsMakeRoom(t *testing.T) {
	t.Parallel()
	const most = 2
	s := start(t, server.Config{TLS: true, MaxStreams: most})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(s.Info().Certificate))
	d := &webtransport.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, NextProtos: []string{http3.NextProtoH3}, MinVersion: tls.VersionTLS13}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, session, err := d.Dial(ctx, "https://"+s.Info().Addresses["webtransport"]+proto.BenchPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.CloseWithError(0, "") }()
	const call = "pattern=echo"
	framed := append(binary.BigEndian.AppendUint32(nil, uint32(len(call))), call...)
	open := func(reset bool) *webtransport.Stream {
		st, err := session.OpenStreamSync(ctx)
		if err != nil || ctx.Err() != nil {
			t.Fatal(err, ctx.Err())
		}
		if reset {
			st.CancelRead(0) // it arrives before the call: the server cannot reply
		}
		if _, err := st.Write(framed); err != nil {
			t.Fatal(err)
		}
		return st
	}
	for range 2 * most {
		_ = open(true).Close()
	}
	for reply := make([]byte, 4); ; { // until the server has seen the ends of all
		st := open(false)
		if _, err := io.ReadFull(st, reply); err != nil {
			t.Fatal(err)
		}
		if binary.BigEndian.Uint32(reply) == 0 {
			return
		}
		st.CancelRead(0)
		_ = st.Close()
	}
}
