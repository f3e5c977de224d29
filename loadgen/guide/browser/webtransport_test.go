package browser

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"rtbench/internal/testrun"
	"rtbench/loadgen/guide/probe"
	"rtbench/proto"
	"rtbench/server"
)

// exchange is JavaScript: it opens a session and a stream in it, sends the call of an echo, and then n messages, each
// once the one before has come back. It returns how many came back.
const exchange = `(async (url, hash, n) => {
  const bytes = Uint8Array.from(atob(hash), c => c.charCodeAt(0));
  const session = new WebTransport(url, {serverCertificateHashes: [{algorithm: 'sha-256', value: bytes}]});
  await session.ready;
  const stream = await session.createBidirectionalStream();
  const out = stream.writable.getWriter(), input = stream.readable.getReader();
  let rest = new Uint8Array(0);
  const send = text => {
    const p = new TextEncoder().encode(text), framed = new Uint8Array(4 + p.length);
    new DataView(framed.buffer).setUint32(0, p.length);
    framed.set(p, 4);
    return out.write(framed);
  };
  const receive = async () => {
    for (;;) {
      if (rest.length >= 4) {
        const end = 4 + new DataView(rest.buffer, rest.byteOffset).getUint32(0);
        if (rest.length >= end) {
          const text = new TextDecoder().decode(rest.subarray(4, end));
          rest = rest.slice(end);
          return text;
        }
      }
      const {value, done} = await input.read();
      if (done) return 'the end';
      const all = new Uint8Array(rest.length + value.length);
      all.set(rest);
      all.set(value, rest.length);
      rest = all;
    }
  };
  await send('pattern=echo&text=1');
  const answer = await receive();
  if (answer !== '') throw new Error(answer);
  let echoed = 0;
  for (let i = 0; i < n; i++) {
    const message = 'message ' + i + ' ' + 'x'.repeat(i * 10);
    await send(message);
    if (await receive() === message) echoed++;
  }
  await out.close();
  if (await receive() !== 'the end') throw new Error('no end');
  session.close();
  return echoed;
})`

// Chromium's WebTransport exchanges messages with the reference server: both ends count the same.
func TestWebTransport(t *testing.T) {
	testrun.OnlyWithAll(t)
	const n = 300
	s, err := server.Start(server.Config{TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pages := startTestSite(t, proto.Info{})
	tab, err := openTab(t.Context(), "")
	if missing := (probe.ErrMissing{}); errors.As(err, &missing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer tab.close()
	if err := tab.navigate(pages.plain); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(s.Info().Certificate))
	hash := sha256.Sum256(block.Bytes)
	ctx, cancel := context.WithTimeout(tab.ctx, timeout)
	defer cancel()
	script := fmt.Sprintf("%s(%q, %q, %d)", exchange, "https://"+s.Info().Addresses["webtransport"]+proto.BenchPath, base64.StdEncoding.EncodeToString(hash[:]), n)
	echoed, err := chromedp.Run(ctx, chromedp.Evaluate[int](script, chromedp.EvalAwaitPromise))
	if err != nil || echoed != n {
		t.Fatalf("%d of %d messages came back: %v", echoed, n, err)
	}
	if got := s.Stats(); got.MessagesReceived != n || got.MessagesSent != n || got.BytesReceived == 0 {
		t.Errorf("the server counted %+v", got)
	}
}
