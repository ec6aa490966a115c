#include "bytes.h"
#include "measure.h"

void w_need(Writer *w, size_t n) {
  if (w->cap - w->at < n) fail("the generator's own buffer of %zu bytes is too small", w->cap);
}
void w_bytes(Writer *w, const void *p, size_t n) {
  w_need(w, n);
  memcpy(w->base + w->at, p, n);
  w->at += n;
}
void r_need(Reader *r, size_t n) {
  if (r->end - r->at < n) fail("a reply ends %zu bytes early", n - (r->end - r->at));
}
