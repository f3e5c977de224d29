package quicnet_test

import (
	"net"
	"testing"

	"golang.org/x/net/ipv4"

	"rtbench/proto/eventloop"
	"rtbench/proto/quicnet"
)

// However datagrams are read and written, their bytes are counted, over IPv4 and IPv6.
func TestEveryByteIsCounted(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)})
		if err != nil {
			t.Skip(err) // no IPv6
		}
		defer pc.Close()
		nc, err := net.Dial("udp", pc.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		var here, there eventloop.Traffic
		server, client := quicnet.Count(pc, &there), quicnet.Count(nc.(*net.UDPConn), &here)
		to, _ := server.LocalAddr().(*net.UDPAddr)
		p := make([]byte, 2000)
		for i, write := range []func() (int, error){
			func() (int, error) { return client.WriteTo(p[:100], to) },
			func() (int, error) { n, _, err := client.WriteMsgUDP(p[:200], nil, to); return n, err },
			func() (int, error) { return client.WriteTo(p[:400], to) },
		} {
			if _, err := write(); err != nil {
				t.Fatal(host, i, err)
			}
		}
		messages := []ipv4.Message{{Buffers: [][]byte{p}}}
		if n, err := server.ReadBatch(messages, 0); n != 1 || messages[0].N != 100 || err != nil {
			t.Fatal(host, n, messages[0].N, err)
		}
		n, _, _, _, err := server.ReadMsgUDP(p, nil)
		if n != 200 || err != nil {
			t.Fatal(host, n, err)
		}
		n, from, err := server.ReadFrom(p)
		if n != 400 || err != nil || from.String() != client.LocalAddr().String() {
			t.Fatal(host, n, from, err)
		}
		back, _ := from.(*net.UDPAddr)
		if _, err := server.WriteTo(p[:50], back); err != nil {
			t.Fatal(host, err)
		}
		if _, _, err := server.WriteMsgUDP(p[:30], nil, back); err != nil {
			t.Fatal(host, err)
		}
		if n := here.Written.Load(); n != 700 || there.Read.Load() != 700 || there.Written.Load() != 80 {
			t.Errorf("%s: wrote %d, the server read %d and wrote %d; want 700, 700, 80", host, n, there.Read.Load(), there.Written.Load())
		}
	}
}
