/** What a round has seen so far: its output holds all of it, whatever it says. */
import type { Categories } from '../../contracts/categories';
import { unite } from '../../domain/categories';

export class Seen {
  private all: Categories = {};

  add(...more: readonly (Categories | undefined)[]): void {
    this.all = unite(this.all, ...more);
  }

  get categories(): Categories {
    return this.all;
  }

  /** As a field that is left out where there are none. */
  get field(): { categories?: Categories } {
    return Object.keys(this.all).length > 0 ? { categories: this.all } : {};
  }
}
