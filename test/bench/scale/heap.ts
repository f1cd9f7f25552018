/** A binary heap: `pop` gives the item with the least key. Of two with the same key either may come first. */
export interface Heap<Item> {
  readonly size: number;
  push(item: Item): void;
  peek(): Item | undefined;
  pop(): Item | undefined;
}

export function createHeap<Item>(keyOf: (item: Item) => number): Heap<Item> {
  const heap: Item[] = [];
  const isBefore = (a: number, b: number): boolean => keyOf(heap[a]!) < keyOf(heap[b]!);

  function swap(a: number, b: number): void {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  }

  return {
    get size() { return heap.length; },
    peek: () => heap[0],
    push(item) {
      heap.push(item);
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!isBefore(at, parent)) break;
        swap(at, parent);
        at = parent;
      }
    },
    pop() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      heap[0] = last;
      for (let at = 0; ;) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && isBefore(child, least)) least = child;
        if (least === at) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}
