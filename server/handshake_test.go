package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"rtbench/proto"
	"rtbench/server"
	"rtbench/server/guide"
)

const (
	host    = "Host: x\r\n"
	upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)

// stacks are all stacks.
var stacks = proto.StackNames()

// onStacks runs a test for servers of each stack.
func onStacks(t *testing.T, test func(t *testing.T, stack string)) {
	for _, stack := range stacks {
		t.Run(stack, func(t *testing.T) { test(t, stack) })
	}
}

func manyHeaders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "h%d: x\r\n", i)
	}
	return b.String()
}

func TestHostileTCP(t *testing.T) {
	for _, stack := range stacks {
		s := start(t, server.Config{Stack: stack})
		survive(t, s, func(t *testing.T) {
			run(t, s, "tcp", map[string]hostile{
				"nothing":         {"", ""},
				"longest length":  {"\xff\xff\xff\xff", ""},
				"just too long":   {"\x00\x10\x00\x01", ""},
				"half a length":   {"\x00\x00", ""},
				"half a call":     {"\x00\x00\x00\x0cpattern", ""},
				"an empty call":   {"\x00\x00\x00\x00", "unknown pattern"},
				"no call":         {"\x00\x00\x00\x03\xff\x00%", "call"},
				"a request":       {"GET /bench HTTP/1.1\r\n" + host + "\r\n", ""},
				"then too long":   {"\x00\x00\x00\x0cpattern=echo\xff\xff\xff\xff", "\x00\x00\x00\x00"},
				"then half a one": {"\x00\x00\x00\x0cpattern=echo\x00\x00\x00\x09x", "\x00\x00\x00\x00"},
			})
		})
	}
}

func TestHostileWebSocket(t *testing.T) {
	const bench = "GET /bench?pattern=echo HTTP/1.1\r\n" + host + upgrade + "\r\n"
	frame := func(f ws.Frame) string { return string(ws.MustCompileFrame(f)) }
	masked := func(f ws.Frame) string { return frame(ws.MaskFrame(f)) }
	get := func(uri string) string { return "GET " + uri + " HTTP/1.1\r\n" + host + upgrade + "\r\n" }
	closed := func(code ws.StatusCode) string { return frame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, ""))) }
	rows := map[string]hostile{
		"nothing":          {"", ""},
		"garbage":          {"\xff\xfe\x00\x01\r\n\r\n", ""},
		"empty lines":      {"\r\n\r\n", ""},
		"half a head":      {"GET /bench HTTP/1.1\r\nHost", ""},
		"HTTP/0.9":         {"GET /ws/a\r\n\r\n", ""},
		"HTTP/1.0":         {"GET /ws/a HTTP/1.0\r\n" + host + upgrade + "\r\n", "505"},
		"HTTP/2":           {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
		"HTTP/9.9":         {"GET /ws/a HTTP/9.9\r\n" + host + upgrade + "\r\n", "HTTP/1.1"},
		"wrong method":     {"POST /ws/a HTTP/1.1\r\n" + host + upgrade + "\r\n", "405"},
		"wrong path":       {get("/nowhere"), "404"},
		"no path":          {get("*"), "404"},
		"absolute URI":     {get("http://x/bench?pattern=echo"), "101 Switching"},
		"absolute nowhere": {get("http://x"), "404"},
		"no host":          {"GET /ws/a HTTP/1.1\r\n" + upgrade + "\r\n", "400 Bad Request"},
		"no upgrade":       {"GET /ws/a HTTP/1.1\r\n" + host + "\r\n", "400 Bad Request"},
		"short key":        {strings.Replace(bench, "dGhlIHNhbXBsZSBub25jZQ==", "x", 1), "400 Bad Request"},
		"version 12":       {strings.Replace(bench, ": 13", ": 12", 1), "426"},
		"no colon":         {strings.Replace(bench, "Host: x", "Host", 1), "400 Bad Request"},
		"LF alone":         {strings.ReplaceAll(bench, "\r\n", "\n"), "101 Switching"},
		"long head":        {"GET /ws/a HTTP/1.1\r\nx: " + strings.Repeat("x", 17<<10) + "\r\n\r\n", "431"},
		"endless line":     {strings.Repeat("x", 1<<20), "431"},
		"long line":        {"GET /bench?pattern=echo HTTP/1.1\r\nx: " + strings.Repeat("x", 9<<10) + "\r\n" + host + upgrade + "\r\n", "101 Switching"},
		"800 headers":      {"GET /bench?pattern=echo HTTP/1.1\r\n" + host + upgrade + manyHeaders(800) + "\r\n", "101 Switching"},
		"5000 headers":     {"GET /bench?pattern=echo HTTP/1.1\r\n" + host + upgrade + manyHeaders(5000) + "\r\n", "431"},
		"negative length":  {strings.Replace(bench, host, host+"Content-Length: -1\r\n", 1), "101 Switching"},
		"a body":           {strings.Replace(bench, host, host+"Content-Length: 5\r\n", 1) + "hello", closed(ws.StatusProtocolError)},
		"pipelined":        {bench + bench, closed(ws.StatusProtocolError)},
		"bad escape":       {get("/ws/%zz"), "404"},
		"half an escape":   {get("/ws/a%2"), "404"},
		"escaped slash":    {get("/ws/a%2Fb"), "101 Switching"},
		"escaped NUL":      {get("/ws/%00"), "101 Switching"},
		"NUL":              {get("/ws/\x00"), "HTTP/1.1"},
		"invalid UTF-8":    {get("/ws/%ff%fe"), "101 Switching"},
		"no call":          {get("/bench"), "400 Bad Request"},
		"wrong call":       {get("/bench?pattern=dance"), "400 Bad Request"},
		"split response":   {get("/bench?%0d%0aInjected:+x=1"), "400 Bad Request"},
		"wrong fault":      {get("/bench?pattern=echo&fault=loose"), "400 Bad Request"},
		"huge size":        {get("/bench?pattern=push&size=99999999999"), "400 Bad Request"},
		"negative share":   {get("/bench?pattern=push&share=-1"), "400 Bad Request"},

		"not masked":       {bench + frame(ws.NewTextFrame([]byte("x"))), closed(ws.StatusProtocolError)},
		"longest length":   {bench + "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", closed(ws.StatusMessageTooBig)},
		"negative frame":   {bench + "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", closed(ws.StatusMessageTooBig)},
		"reserved opcode":  {bench + "\x83\x80\x00\x00\x00\x00", closed(ws.StatusProtocolError)},
		"long ping":        {bench + masked(ws.NewPingFrame(make([]byte, 126))), closed(ws.StatusProtocolError)},
		"half a frame":     {bench + "\x82\xfe", "101 Switching"},
		"1000 pings":       {bench + strings.Repeat(masked(ws.NewPingFrame([]byte("x"))), 1000), "\x8a\x01x"},
		"no continuation":  {bench + masked(ws.NewFrame(ws.OpContinuation, true, nil)), closed(ws.StatusProtocolError)},
		"text not in text": {bench + masked(ws.NewTextFrame([]byte{0xff})), closed(ws.StatusInvalidFramePayloadData)},
	}
	for _, stack := range stacks {
		s := start(t, server.Config{Stack: stack})
		rows := rows
		if stack != proto.Lean { // libraries have their own answers
			rows = answered(rows)
		}
		survive(t, s, func(t *testing.T) { run(t, s, "websocket", rows) })
	}
}

func TestHostileSSE(t *testing.T) {
	get := func(uri string, headers ...string) string {
		return "GET " + uri + " HTTP/1.1\r\n" + host + strings.Join(headers, "") + "\r\n"
	}
	post := func(headers, body string) string {
		return "POST /bench?session=none HTTP/1.1\r\n" + host + headers + "\r\n" + body
	}
	resumed := func(id string) hostile {
		return hostile{get("/stream", "Last-Event-ID: "+id+"\r\n"), `"counter":0,`}
	}
	const opened, refused = "200 OK\r\nContent-Type: text/event-stream", "Unauthorized"
	rows := map[string]hostile{
		"nothing":             {"", ""},
		"garbage":             {"\xff\xfe\x00\x01\r\n\r\n", "400 Bad Request"},
		"half a head":         {"GET /stream HTTP/1.1\r\nHost", ""},
		"HTTP/0.9":            {"GET /stream\r\n\r\n", "400 Bad Request"},
		"HTTP/1.0":            {"GET /stream HTTP/1.0\r\n\r\n", "HTTP/1.1 "},
		"HTTP/2":              {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 4"},
		"wrong method":        {"DELETE /bench HTTP/1.1\r\n" + host + "\r\n", "405"},
		"wrong method, guide": {"POST /stream HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n", "HTTP/1.1 40"},
		"wrong path":          {get("/nowhere"), "404"},
		"no path":             {get("*"), "400 Bad Request"},
		"dots":                {get("/../../etc/passwd"), "404"},
		"absolute URI":        {get("http://x/stream"), opened},
		"no host":             {"GET /stream HTTP/1.1\r\n\r\n", "HTTP/1.1 "},
		"LF alone":            {cut + strings.ReplaceAll(get("/stream"), "\r\n", "\n"), "400 Bad Request"},
		"empty lines first":   {"\r\n\r\n" + get("/stream"), "HTTP/1.1 "},
		"no colon":            {get("/stream", "nonsense\r\n"), "HTTP/1.1 "},
		"long head":           {get("/stream", "x: "+strings.Repeat("x", 17<<10)+"\r\n"), "431"},
		"endless line":        {strings.Repeat("x", 1<<20), "431"},
		"long line":           {get("/stream", "x: "+strings.Repeat("x", 9<<10)+"\r\n"), opened},
		"800 headers":         {get("/stream", manyHeaders(800)), opened},
		"5000 headers":        {get("/stream", manyHeaders(5000)), "431"},
		"pipelined":           {get("/nowhere") + get("/stream"), opened},
		"after a stream":      {get("/stream") + get("/nowhere"), opened},
		"garbage in a stream": {get("/bench?pattern=push&size=100") + "\xff\x00\r\n\r\n", opened},
		"body of GET":         {get("/stream", "Content-Length: 5\r\n") + "hello", opened},
		"half a body of GET":  {cut + get("/stream", "Content-Length: 500\r\n") + "hello", "400 Bad Request"},
		"NUL":                 {get("/stream\x00"), "HTTP/1.1 4"},
		"NUL in a header":     {get("/stream", "x: a\x00b\r\n"), "HTTP/1.1 "},

		"no session":       {post("Content-Length: 1\r\n", "x"), "404"},
		"negative length":  {post("Content-Length: -1\r\n", "x"), "HTTP/1.1 4"},
		"huge length":      {post("Content-Length: 99999999999999\r\n", "x"), "HTTP/1.1 4"},
		"just too long":    {post("Content-Length: 1048577\r\n", "x"), "413"},
		"beyond int64":     {post("Content-Length: 99999999999999999999999\r\n", "x"), "HTTP/1.1 4"},
		"no number":        {post("Content-Length: 1x\r\n", "x"), "HTTP/1.1 4"},
		"two lengths":      {post("Content-Length: 1\r\nContent-Length: 2\r\n", "xy"), "HTTP/1.1 4"},
		"length and chunk": {post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "HTTP/1.1 4"},
		"bad chunks":       {post("Transfer-Encoding: chunked\r\n", "zz\r\nhello\r\n"), "HTTP/1.1 4"},
		"negative chunk":   {post("Transfer-Encoding: chunked\r\n", "-1\r\nhello\r\n"), "HTTP/1.1 4"},
		"huge chunk":       {post("Transfer-Encoding: chunked\r\n", "7fffffffffffffff\r\nhello\r\n"), "HTTP/1.1 4"},
		"half a body":      {cut + post("Content-Length: 10\r\n", "x"), "400 Bad Request"},

		"no call":         {get("/bench"), "400 Bad Request"},
		"wrong call":      {get("/bench?pattern=dance"), "400 Bad Request"},
		"split response":  {get("/bench?%0d%0aInjected:+x=1"), "400 Bad Request"},
		"bad escape":      {get("/bench?pattern=%zz"), "400 Bad Request"},
		"no token":        {get("/stream/user"), guide.TokenRequired},
		"bad token":       {get("/stream/user?token=%zz"), refused},
		"half an escape":  {get("/stream/user?token=a%2"), refused},
		"NUL as token":    {get("/stream/user?token=%00"), refused},
		"no UTF-8":        {get("/stream/user?token=%ff%fe"), refused},
		"tokens":          {get("/stream/user?token=a&token=b"), refused},
		"long token":      {get("/stream/user?token=" + strings.Repeat("x", 9<<10)), refused},
		"negative number": resumed("1700000000000--1"),
		"negative time":   resumed("-1-5"),
		"not begun":       resumed("3000000000000-0"),
		"future event":    resumed("1700000000000-4000000000000000000"),
		"overflow":        resumed("9223372036854775807-18446744073709551615"),
		"overflow twice":  resumed("99999999999999999999-99999999999999999999"),
		"not ours":        resumed("42"),
		"no number in it": resumed("\xff-\xfe"),
		"long id":         resumed(strings.Repeat("1", 8<<10)),
	}
	for _, stack := range stacks {
		s := start(t, server.Config{Stack: stack, Guide: guide.Config{Interval: time.Hour}})
		if s.Info().Stacks["sse"] == proto.NetHTTP { // it has its own answers
			rows = answered(rows)
		}
		survive(t, s, func(t *testing.T) { run(t, s, "sse", rows) })
	}
}
