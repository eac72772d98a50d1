import { Author, Comment, Post, Tag } from './entities.js';

/** An object as `JSON.parse` gives it: Dates are texts. */
type Parsed<T> = { [Key in keyof T]: T[Key] extends Date ? string : T[Key] extends object ? Parsed<T[Key]> : T[Key] };

/** The posts of a JSON text, as somebody would make them by hand who knew these classes. */
export function parsePosts(json: string): Post[] {
  return (JSON.parse(json) as Parsed<Post>[]).map(postOf);
}

function postOf(from: Parsed<Post>): Post {
  const to = new Post();
  to.id = from.id;
  to.title = from.title;
  to.body = from.body;
  to.views = from.views;
  to.createdAt = new Date(from.createdAt);
  to.updatedAt = new Date(from.updatedAt);
  to.author = authorOf(from.author);
  to.tags = from.tags.map(tagOf);
  to.comments = from.comments.map(commentOf);
  return to;
}

function authorOf(from: Parsed<Author>): Author {
  const to = new Author();
  to.id = from.id;
  to.name = from.name;
  to.email = from.email;
  to.createdAt = new Date(from.createdAt);
  return to;
}

function tagOf(from: Parsed<Tag>): Tag {
  const to = new Tag();
  to.id = from.id;
  to.name = from.name;
  return to;
}

function commentOf(from: Parsed<Comment>): Comment {
  const to = new Comment();
  to.id = from.id;
  to.text = from.text;
  to.createdAt = new Date(from.createdAt);
  return to;
}
