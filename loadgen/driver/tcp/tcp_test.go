package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

func TestCustomFramings(t *testing.T) {
	t.Parallel()
	echo := func(nc net.Conn, _ int) { _, _ = io.Copy(nc, nc) }
	for _, lengths := range []bool{false, true} {
		target := drivertest.CustomTarget(t, strings.Replace(drivertest.ServeTCP(t, echo), "http", "tcp", 1), "", func(e *driver.Endpoint) { e.Lengths, e.Limit = lengths, 3<<20 })
		d := drivertest.NewCustomDriver(t, "tcp", target)
		for _, d := range []*drivertest.Client{d, drivertest.WithLoop(t, d)} {
			drivertest.CheckEchoes(t, d, []string{"", "a", strings.Repeat("x", 100_000), "end"})
		}
	}
	received := make(chan []byte, 1)
	base := drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		all, _ := io.ReadAll(nc)
		received <- all
		_, _ = nc.Write([]byte("one\r\ntwo\nhalf"))
	})
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "tcp", drivertest.CustomTarget(t, base, "", nil)), proto.Call{})
	if err := errors.Join(st.Send([]byte("hello")), st.Send([]byte("world")), st.CloseSend()); err != nil {
		t.Fatal(err)
	}
	drivertest.Recv(t, st, "one", "two")
	if _, err := st.Recv(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a line: %v", err)
	}
	if got := <-received; !bytes.Equal(got, []byte("hello\nworld\n")) {
		t.Errorf("the server received %q", got)
	}
}
