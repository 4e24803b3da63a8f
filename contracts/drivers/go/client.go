package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const silence = 120 * time.Second

// The question is not for another server: a redirect is an answer like any other, with a wrong status.
var client = http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// streamChat asks, and shows each piece of the answer as it comes. It ends with the first error: show's own, a wrong
// status or type, a connection that fails, a body that ends too soon or falls silent.
func streamChat(url, token, message string, show func(string) error) error {
	question, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // closes the connection of a body that is not read to its end
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(question))
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	patience := time.AfterFunc(silence, cancel)
	defer patience.Stop()
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	mediaType, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if response.StatusCode != http.StatusOK || !strings.EqualFold(strings.TrimSpace(mediaType), "text/event-stream") {
		excerpt, _ := io.ReadAll(io.LimitReader(response.Body, 300)) // what there is of it
		return fmt.Errorf("HTTP %s, content type %q: %s", response.Status, mediaType, excerpt)
	}
	return events(&awaited{response.Body, patience}, show)
}

// awaited is a body whose every read is a sign of life.
type awaited struct {
	body     io.Reader
	patience *time.Timer
}

func (a *awaited) Read(received []byte) (int, error) {
	n, err := a.body.Read(received)
	a.patience.Reset(silence)
	return n, err
}

// events is WHATWG HTML, 9.2.5 and 9.2.6. Lines end at CR, LF and CRLF, are whole before they are decoded, and can be
// of any length, for which bufio.Scanner is no help. A read gives what is there, so nothing waits in the buffer.
func events(body io.Reader, show func(string) error) error {
	received := bufio.NewReaderSize(body, 64*1024)
	var line []byte
	var data []string
	var previous byte
	for first := true; ; {
		b, err := received.ReadByte()
		if err == io.EOF { // the body's proper end; one that comes too soon is io.ErrUnexpectedEOF
			return nil
		}
		if err != nil {
			return err
		}
		restOfCRLF := b == '\n' && previous == '\r'
		previous = b
		if restOfCRLF {
			continue
		}
		if b != '\r' && b != '\n' {
			line = append(line, b)
			continue
		}
		if first {
			line = bytes.TrimPrefix(line, []byte("\uFEFF"))
			first = false
		}
		field, value, _ := strings.Cut(string(line), ":")
		if field == "data" { // ARES has no event types and no ids, so no other field counts
			data = append(data, strings.ToValidUTF8(strings.TrimPrefix(value, " "), "\uFFFD"))
		}
		if len(line) == 0 && data != nil {
			if err := show(strings.Join(data, "\n")); err != nil {
				return err
			}
			data = nil
		}
		line = line[:0]
	}
}
