//go:build !nofleet

package fleet

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// A Bus is how to reach NATS.
type Bus struct {
	URL   string // nats://host:port or tls://host:port
	Token string
	CA    string // PEM file of trusted roots; empty: the system's
}

// A Broker is where a coordinator's own NATS server listens. Without a certificate, it speaks no TLS.
type Broker struct {
	Host      string
	Port      int    // 0: a free one
	Cert, Key string // PEM files
}

const retryEvery = 500 * time.Millisecond

// connect connects to NATS. It waits until something answers at the address, and calls waiting once if it
// has to. Afterwards the connection is renewed whenever it breaks.
func (b Bus) connect(ctx context.Context, name string, waiting func(error), options ...nats.Option) (*nats.Conn, error) {
	if b.CA != "" {
		options = append(options, nats.RootCAs(b.CA))
	}
	for first := true; ; first = false {
		nc, err := nats.Connect(b.URL, append(options, nats.Name(name), nats.Token(b.Token), nats.MaxReconnects(-1),
			nats.ReconnectWait(retryEvery), nats.Timeout(askTimeout), nats.IgnoreAuthErrorAbort())...)
		switch {
		case err == nil:
			return nc, nil
		case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired):
			return nil, fmt.Errorf("%s refused the token; expected that of the coordinator (--token-file or RTBENCH_FLEET_TOKEN)", b.URL)
		case !errors.Is(err, nats.ErrNoServers) && !errors.Is(err, nats.ErrTimeout):
			return nil, fmt.Errorf("connecting to NATS at %s: %w", b.URL, err)
		}
		if first {
			waiting(err)
		}
		select {
		case <-time.After(retryEvery):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// announce calls say at once and then every helloEvery, until ctx ends.
func announce(ctx context.Context, say func()) {
	tick := time.NewTicker(helloEvery)
	defer tick.Stop()
	for {
		say()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// NewToken returns a random token.
func NewToken() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// A broker is the NATS server in this process.
type broker struct {
	*server.Server
	dir string
}

// start starts a NATS server. Clients need the token.
func (b Broker) start(token string) (*broker, error) {
	dir, err := os.MkdirTemp("", "rtbench-nats-")
	if err != nil {
		return nil, fmt.Errorf("starting NATS: %w", err)
	}
	return b.startIn(dir, token)
}

// startIn is start with the directory of JetStream, which stop removes.
func (b Broker) startIn(dir, token string) (*broker, error) {
	secure, err := b.tls()
	if err != nil {
		return nil, err
	}
	port := b.Port
	if port == 0 {
		port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "rtbench", Host: b.Host, Port: port, TLSConfig: secure, TLS: secure != nil, NoLog: true, NoSigs: true, Authorization: token,
		JetStream: true, StoreDir: dir,
	})
	if err == nil {
		go s.Start()
		if !s.ReadyForConnections(askTimeout) {
			s.Shutdown()
			err = fmt.Errorf("nothing listens at %s:%d after %v; the port may be in use", b.Host, port, askTimeout)
		}
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("starting NATS: %w", err)
	}
	return &broker{s, dir}, nil
}

// tls returns the TLS configuration of the server; nil if it has no certificate.
func (b Broker) tls() (*tls.Config, error) {
	if b.Cert == "" && b.Key == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(b.Cert, b.Key)
	if err != nil {
		return nil, fmt.Errorf("the certificate of NATS: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

func (b *broker) stop() {
	if b == nil {
		return
	}
	b.Shutdown()
	b.WaitForShutdown()
	_ = os.RemoveAll(b.dir)
}
