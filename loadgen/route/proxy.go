package route

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"golang.org/x/net/proxy"
)

// connectHTTP asks an HTTP proxy on nc for a tunnel to an address (RFC 9110, section 9.3.6).
func connectHTTP(nc net.Conn, p *url.URL, address string) error {
	head := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if u := p.User; u != nil {
		password, _ := u.Password()
		head += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)) + "\r\n"
	}
	if _, err := io.WriteString(nc, head+"\r\n"); err != nil {
		return err
	}
	answer, err := readHead(nc)
	if err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return fmt.Errorf("not an HTTP proxy: %w", err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("CONNECT %s: %s", address, resp.Status)
	}
	return nil
}

// maxHead is the longest head of an answer that is read.
const maxHead = 16 << 10

// readHead reads the head of an HTTP answer and not a byte more: those after it are the server's, and nc is
// returned without a buffer.
func readHead(nc net.Conn) ([]byte, error) {
	var head []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		if len(head) == maxHead {
			return nil, fmt.Errorf("not an HTTP proxy: the head of its answer exceeds %d bytes", maxHead)
		}
		if _, err := io.ReadFull(nc, one); err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("the proxy closed the connection")
			}
			return nil, err
		}
		head = append(head, one[0])
	}
	return head, nil
}

// connectSOCKS asks a SOCKS5 proxy on nc for a connection to an address (RFC 1928 and 1929). The proxy resolves
// the name.
func connectSOCKS(ctx context.Context, nc net.Conn, p *url.URL, address string) error {
	var auth *proxy.Auth
	if u := p.User; u != nil {
		password, _ := u.Password()
		auth = &proxy.Auth{User: u.Username(), Password: password}
	}
	d, err := proxy.SOCKS5("tcp", p.Host, auth, nil)
	if err != nil {
		return err
	}
	_, err = d.(handshaker).DialWithConn(ctx, nc, "tcp", address)
	return err
}

// A handshaker is the dialer of package proxy.
type handshaker interface {
	DialWithConn(ctx context.Context, nc net.Conn, network, address string) (net.Addr, error)
}
