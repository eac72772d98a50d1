import { Author, Comment, Post, Product, Tag } from './entities.js';

/** The copies that somebody would write by hand who knew these classes: the limit of what compiling can reach. */
export function copyProduct(from: Product): Product {
  const to = new Product();
  to.id = from.id;
  to.name = from.name;
  to.category = from.category;
  to.price = from.price;
  to.stock = from.stock;
  to.isActive = from.isActive;
  to.description = from.description;
  to.sku = from.sku;
  to.createdAt = new Date(from.createdAt.getTime());
  to.updatedAt = new Date(from.updatedAt.getTime());
  return to;
}

export function copyPost(from: Post): Post {
  const to = new Post();
  to.id = from.id;
  to.title = from.title;
  to.body = from.body;
  to.views = from.views;
  to.createdAt = new Date(from.createdAt.getTime());
  to.updatedAt = new Date(from.updatedAt.getTime());
  to.author = copyAuthor(from.author);
  to.tags = from.tags.map(copyTag);
  to.comments = from.comments.map(copyComment);
  return to;
}

function copyAuthor(from: Author): Author {
  const to = new Author();
  to.id = from.id;
  to.name = from.name;
  to.email = from.email;
  to.createdAt = new Date(from.createdAt.getTime());
  return to;
}

function copyTag(from: Tag): Tag {
  const to = new Tag();
  to.id = from.id;
  to.name = from.name;
  return to;
}

function copyComment(from: Comment): Comment {
  const to = new Comment();
  to.id = from.id;
  to.text = from.text;
  to.createdAt = new Date(from.createdAt.getTime());
  return to;
}
