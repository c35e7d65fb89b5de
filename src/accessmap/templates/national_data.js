/* What a page of a country carries, given back: one deflated text of numbers, and the borders of its communes. */
var nationalData = (function () {
  "use strict";

  // A promise of every part by name, as bytes; nothing is asked of any network.
  function parts(text, told) {
    var raw = atob(text), bytes = new Uint8Array(raw.length);
    for (var k = 0; k < raw.length; k += 1) { bytes[k] = raw.charCodeAt(k); }
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).arrayBuffer().then(function (whole) {
      var found = {}, at = 0;
      told.forEach(function (part) { found[part[0]] = new Uint8Array(whole, at, part[1]); at += part[1]; });
      return found;
    });
  }

  // Numbers of 16 bits: all their lower bytes, then all their higher ones.
  function numbers(bytes) {
    var n = bytes.length / 2, found = new Uint16Array(n);
    for (var k = 0; k < n; k += 1) { found[k] = bytes[k] | (bytes[n + k] << 8); }
    return found;
  }

  // Shares as they are written in per cent: 0, under 1, 1 to 99, over 99, 100, missing; as ten thousandths.
  function percents(bytes) {
    return Uint16Array.from(bytes, function (each) { return each === 255 ? 65535 : each === 102 ? 10000 : each === 101 ? 9999 : each > 1 ? (each - 1) * 100 : each; });
  }

  function lines(bytes) { return new TextDecoder().decode(bytes).split("\n"); }

  function varints(bytes) {
    var found = new Int32Array(bytes.length), n = 0, value = 0, shift = 0;
    for (var k = 0; k < bytes.length; k += 1) {
      value |= (bytes[k] & 127) << shift;
      if (bytes[k] & 128) { shift += 7; } else { found[n] = value; n += 1; value = 0; shift = 0; }
    }
    return found.subarray(0, n);
  }

  // Points of every border, one after the other: border k is from first[k] to first[k + 1]. Of every commune its rings,
  // each a list of borders: k forwards, -1 - k backwards. Of every border its two communes, -1 beyond the country.
  function outlines(borders, rings) {
    var read = varints(borders), xs = new Int32Array(read.length), ys = new Int32Array(read.length), first = [0], n = 0, x = 0, y = 0, at = 0;
    function move() { var each = read[at]; at += 1; return each & 1 ? -(each + 1) / 2 : each / 2; }
    while (at < read.length) {
      var size = read[at];
      at += 1;
      for (var k = 0; k < size; k += 1) { x += move(); y += move(); xs[n] = x; ys[n] = y; n += 1; }
      first.push(n);
    }
    var codes = varints(rings), communes = [], sides = [], last = 0;
    for (at = 0; at < codes.length;) {
      var own = [], count = codes[at];
      at += 1;
      for (var r = 0; r < count; r += 1) {
        var ring = [], many = codes[at];
        at += 1;
        for (k = 0; k < many; k += 1, at += 1) {
          var border = codes[at] ? last - 1 - ((codes[at] - 1) >> 1) : last, back = codes[at] ? (codes[at] - 1) & 1 : 0;
          if (!codes[at]) { last += 1; sides.push([communes.length, -1]); } else { sides[border][1] = communes.length; }
          ring.push(back ? -1 - border : border);
        }
        own.push(ring);
      }
      communes.push(own);
    }
    return { xs: xs, ys: ys, first: first, communes: communes, sides: sides };
  }

  return { parts: parts, numbers: numbers, percents: percents, lines: lines, outlines: outlines };
})();
