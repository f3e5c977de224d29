// Package proxy has proxies for tests: HTTP (CONNECT), SOCKS5 with a password, and a Unix socket in front of a TCP
// server. Each counts the connections it has made.
package proxy

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// User and Password are those that the HTTP and SOCKS5 proxies demand.
const (
	User     = "ann"
	Password = "s3cret-of-the-proxy"
)

// A Proxy connects its clients to servers until the test ends.
type Proxy struct {
	Address string // host:port, or the path of the Unix socket
	made    atomic.Int64
	open    sync.WaitGroup
}

// Connections returns how many connections to servers were made.
func (p *Proxy) Connections() int { return int(p.made.Load()) }

// HTTP starts an HTTP proxy on loopback.
func HTTP(t testing.TB) *Proxy { return serve(t, "tcp", "127.0.0.1:0", (*Proxy).connect) }

// SOCKS5 starts a SOCKS5 proxy on loopback.
func SOCKS5(t testing.TB) *Proxy { return serve(t, "tcp", "127.0.0.1:0", (*Proxy).socks) }

// Unix starts a Unix socket in front of the TCP server at an address.
func Unix(t testing.TB, to string) *Proxy {
	return serve(t, "unix", filepath.Join(t.TempDir(), "s"), func(p *Proxy, br *bufio.Reader, client net.Conn) error {
		return p.splice(br, client, to, func(error) error { return nil })
	})
}

func serve(t testing.TB, network, address string, handle func(p *Proxy, br *bufio.Reader, client net.Conn) error) *Proxy {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Address: l.Addr().String()}
	p.open.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.open.Go(func() {
				defer func() { _ = client.Close() }()
				if err := handle(p, bufio.NewReader(client), client); err != nil {
					t.Logf("proxy: %v", err)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.open.Wait()
	})
	return p
}

// splice connects to an address, answers with the outcome, and copies bytes in both directions.
func (p *Proxy) splice(br *bufio.Reader, client net.Conn, address string, answer func(error) error) error {
	server, err := net.Dial("tcp", address)
	if failed := answer(err); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	p.made.Add(1)
	defer func() { _ = server.Close() }()
	p.open.Go(func() {
		_, _ = io.Copy(server, br)
		_ = server.(*net.TCPConn).CloseWrite()
	})
	_, _ = io.Copy(client, server)
	return nil
}

func (p *Proxy) connect(br *bufio.Reader, client net.Conn) error {
	r, err := http.ReadRequest(br)
	if err != nil {
		return err
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(User+":"+Password))
	if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != want {
		_, err := io.WriteString(client, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
		return err
	}
	return p.splice(br, client, r.Host, func(err error) error {
		status := "200 Connection established"
		if err != nil {
			status = "502 Bad Gateway"
		}
		_, err = io.WriteString(client, "HTTP/1.1 "+status+"\r\n\r\n")
		return err
	})
}

// socks serves a SOCKS5 client: RFC 1928, with the authentication of RFC 1929.
func (p *Proxy) socks(br *bufio.Reader, client net.Conn) error {
	const password = 2
	if _, err := field(br, 1); err != nil { // the version comes before the methods
		return err
	}
	if _, err := client.Write([]byte{5, password}); err != nil {
		return err
	}
	user, err := field(br, 1)
	if err != nil {
		return err
	}
	given, err := field(br, 0)
	if err != nil {
		return err
	}
	if string(user) != User || string(given) != Password {
		_, err := client.Write([]byte{1, 1})
		return err
	}
	if _, err := client.Write([]byte{1, 0}); err != nil {
		return err
	}
	address, err := socksAddress(br)
	if err != nil {
		return err
	}
	return p.splice(br, client, address, func(err error) error {
		reply := byte(0)
		if err != nil {
			reply = 5 // connection refused
		}
		_, err = client.Write([]byte{5, reply, 0, 1, 0, 0, 0, 0, 0, 0})
		return err
	})
}

// field reads a field behind its length, after some bytes.
func field(br *bufio.Reader, after int) ([]byte, error) {
	if _, err := br.Discard(after); err != nil {
		return nil, err
	}
	n, err := br.ReadByte()
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(br, b)
	return b, err
}

// socksAddress reads a request to connect.
func socksAddress(br *bufio.Reader) (string, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(br, head); err != nil {
		return "", err
	}
	var host string
	switch head[3] {
	case 1, 4:
		ip := make(net.IP, map[byte]int{1: net.IPv4len, 4: net.IPv6len}[head[3]])
		if _, err := io.ReadFull(br, ip); err != nil {
			return "", err
		}
		host = ip.String()
	case 3:
		name, err := field(br, 0)
		if err != nil {
			return "", err
		}
		host = string(name)
	default:
		return "", fmt.Errorf("address type %d", head[3])
	}
	port := make([]byte, 2)
	_, err := io.ReadFull(br, port)
	return net.JoinHostPort(host, fmt.Sprint(int(port[0])<<8|int(port[1]))), err
}
